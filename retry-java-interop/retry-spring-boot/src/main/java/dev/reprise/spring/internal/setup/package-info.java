/** What an application configures, and how its mistakes are reported; no part of the API. */
@NullMarked
package dev.reprise.spring.internal.setup;

import org.jspecify.annotations.NullMarked;
