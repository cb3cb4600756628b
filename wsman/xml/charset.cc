#include "wsman/xml/charset.h"
