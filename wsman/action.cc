#include "wsman/action.h"
