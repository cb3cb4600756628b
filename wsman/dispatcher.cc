#include "wsman/dispatcher.h"
