#include "wsman/client/client.h"
