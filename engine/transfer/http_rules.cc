#include "engine/transfer/http_rules.h"
