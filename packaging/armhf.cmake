# libopus for Debian's armhf, which has no NEON: its CMake files compile NEON's sources
# with the flags of all others, and the compiler refuses them.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(OPUS_DISABLE_INTRINSICS ON CACHE BOOL "plain C only" FORCE)
