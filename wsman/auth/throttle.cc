#include "wsman/auth/throttle.h"
