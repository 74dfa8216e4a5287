/** Handlers as beans, and their codecs; no part of the API. */
@NullMarked
package dev.reprise.spring.internal.handlers;

import org.jspecify.annotations.NullMarked;
