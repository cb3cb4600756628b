// A service that tells its system and how callers may prove who they are.
#pragma once

#include "service_fixture.h"

namespace wsman {

class DispatcherTest : public ServiceTest {
 protected:
  static DispatcherOptions Options() {
    DispatcherOptions options;
    options.os_version = "6.1.0";
    options.security_profiles = {
        "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/basic"};
    return options;
  }
  DispatcherTest() : ServiceTest(Options()) {}
};

}  // namespace wsman
