#include "wsman/resource_uri.h"
