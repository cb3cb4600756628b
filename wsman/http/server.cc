#include "wsman/http/server.h"
