# Every library comes from Debian 12; scripts/setup installs the packages.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.74 REQUIRED)          # Asio and Beast, headers only
find_package(OpenSSL 3.0 REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(EXPAT REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(LIBCRYPT REQUIRED IMPORTED_TARGET libcrypt)
pkg_check_modules(GSSAPI REQUIRED IMPORTED_TARGET krb5-gssapi krb5)
pkg_check_modules(PAM REQUIRED IMPORTED_TARGET pam>=1.5)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(GSOAP REQUIRED gsoap++>=2.8.120)
find_program(SOAPCPP2 soapcpp2 REQUIRED)
# The archive without TLS and gzip: gSOAP parses memory and never owns a socket (docs/adr/0004).
find_library(GSOAP_ARCHIVE libgsoap++.a REQUIRED)
