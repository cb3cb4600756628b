# Flags and tools that hold for every target.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(LLD ld.lld)
if(LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_compile_options(
  -Wall -Wextra -Wpedantic -Wformat=2 -Wformat-security -Wnon-virtual-dtor -Woverloaded-virtual
  -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Each of these warns about correct library code when g++ 12 optimises.
  add_compile_options(-Wno-null-dereference -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Boost.Asio's own templates trip the null check.
  add_compile_options(-Wthread-safety -Wno-null-dereference)
endif()
if(BITSD_WERROR)
  add_compile_options(-Werror)
endif()

if(BITSD_SANITIZE)
  add_compile_options(-fsanitize=${BITSD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BITSD_SANITIZE})
  if(BITSD_SANITIZE MATCHES "thread")
    # g++ refuses Asio's fences, which the sanitizer cannot follow. Each io_context here has
    # one thread, which needs none.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
else()
  # glibc's fortify needs an optimising build; the release preset is what ships.
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection
                      $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

if(BITSD_CLANG_TIDY)
  find_program(CLANG_TIDY NAMES clang-tidy-14 clang-tidy REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${CLANG_TIDY} --quiet)
endif()
