/** A program on the module path: it requires what it calls, and the driver and API of its database. */
module com.example.consumer {
    requires dev.reprise.interop;
    requires java.sql;
    requires org.xerial.sqlitejdbc;
}
