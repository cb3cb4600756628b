#include "wsman/fault.h"
