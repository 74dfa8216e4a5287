// A JDK 25 is in JAVA_25_HOME, next to the running one, or is the running one.
def candidates = [System.getenv('JAVA_25_HOME'), System.getProperty('java.home')].findAll { it }.collect { new File(it) }
candidates += (new File('/usr/lib/jvm').listFiles() ?: []).toList().sort()
def home = candidates.find {
    def release = new File(it, 'release')
    new File(it, 'bin/javac').canExecute() && release.exists() && release.text.contains('JAVA_VERSION="25')
}
if (home == null) {
    println 'No JDK 25 found: java-25 is skipped. Set JAVA_25_HOME to run it.'
    return false
}
new File(basedir, 'test.properties').text = "java.25.home=${home.absolutePath}\n"
return true
