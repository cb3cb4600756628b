#include "schema/bits_classes.h"
