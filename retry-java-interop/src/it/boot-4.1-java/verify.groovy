def said = new File(basedir, 'build.log').readLines().findAll { it.startsWith('happened: ') || it.startsWith('on: ') || it.startsWith('shop: ') }
assert said == [
    'happened: answer 3 | STOPPED | answer 3 | 42 EUR paid, answer 3 | reserved | released',
    'on: coroutines 1.10.2, stdlib 2.3.21',
    'shop: 503, 503, 200 | 42 EUR at call 3 | 42 EUR paid after 1 crash',
]
