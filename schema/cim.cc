#include "schema/cim.h"
