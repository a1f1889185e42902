// zlib for Swift, from Debian's zlib1g-dev. What links it, and why as an archive, is in Package.swift.
#ifndef CZLIB_H
#define CZLIB_H

#include <zlib.h>

#endif
