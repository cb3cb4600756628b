#include "schema/mof.h"
