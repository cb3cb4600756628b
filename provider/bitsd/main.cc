// bitsd: BITS for Linux. See service.h.
#include <exception>
#include <iostream>

#include "provider/bitsd/service.h"

int main(int argc, char** argv) {
  try {
    return static_cast<int>(bitsd::Run(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "bitsd: " << error.what() << '\n';
    return static_cast<int>(bitsd::ExitCode::kFailed);
  }
}
