def said = new File(basedir, 'build.log').readLines().findAll { it.startsWith('happened: ') || it.startsWith('on: ') }
assert said == [
    'happened: 2 requests | SUCCEEDED after 1 crash',
    'on: coroutines 1.11.0, stdlib 2.4.21',
]
