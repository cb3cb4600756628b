#include "wsman/auth/user_file.h"
