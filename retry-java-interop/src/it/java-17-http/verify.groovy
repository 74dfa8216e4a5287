def said = new File(basedir, 'build.log').readLines().findAll { it.startsWith('happened: ') || it.startsWith('on: ') }
assert said == [
    'happened: 503, 503, 200 with 3 requests | 42 EUR paid after 1 crash',
    'on: coroutines 1.10.2, stdlib 2.2.21',
]
