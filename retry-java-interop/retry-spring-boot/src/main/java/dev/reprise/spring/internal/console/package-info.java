/** The console in the web server of the application; no part of the API. */
@NullMarked
package dev.reprise.spring.internal.console;

import org.jspecify.annotations.NullMarked;
