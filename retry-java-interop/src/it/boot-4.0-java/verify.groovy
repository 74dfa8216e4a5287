def log = new File(basedir, 'build.log').readLines()
def said = log.findAll { it.startsWith('happened: ') || it.startsWith('on: ') || it.startsWith('shop: ') }
def happened = 'happened: answer 3 | STOPPED | answer 3 | 42 EUR paid, answer 3 | reserved | released'
def on = 'on: coroutines 1.10.2, stdlib 2.2.21'
assert said == [
    happened, on, 'shop: 503, 503, 200 | 42 EUR at call 3 | 42 EUR paid after 1 crash',
    happened, on, 'shop: 503, 503, 200 | 42 EUR at call 3 | 42 EUR paid after 0 crash, a new call',
]
// The second run.
assert log.count { it.contains('Starting AOT-processed App') } == 1
