#include "wsman/auth/authenticator.h"
