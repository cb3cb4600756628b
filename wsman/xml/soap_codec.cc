#include "wsman/xml/soap_codec.h"
