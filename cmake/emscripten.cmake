# The toolchain of the wasm preset: Emscripten's own, wherever the emcc on PATH keeps it.
if(NOT DEFINED ENV{PAGEVEC_EMSCRIPTEN_ROOT})
  execute_process(COMMAND em-config EMSCRIPTEN_ROOT
    OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "emcc 3.1.69 or newer must be on PATH; ./dev setup says how to get it")
  endif()
  # CMake reads this file again for every compiler check; asking emcc once is enough.
  set(ENV{PAGEVEC_EMSCRIPTEN_ROOT} ${root})
endif()
include($ENV{PAGEVEC_EMSCRIPTEN_ROOT}/cmake/Modules/Platform/Emscripten.cmake)
