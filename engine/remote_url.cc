#include "engine/remote_url.h"
