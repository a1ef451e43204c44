#ifndef INNKEEPER_CPOSTGRES_SHIM_H
#define INNKEEPER_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

#endif
