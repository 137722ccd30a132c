# A file's bytes as a C++ source: cmake -DINPUT=FILE -DOUTPUT=FILE -DNAME=VARIABLE -P embed.cmake
# It defines p2p::VARIABLE, a std::string_view that peer/http/page.cpp declares.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(
  WRITE ${OUTPUT}
  "#include <string_view>

namespace p2p {
namespace {
constexpr unsigned char kBytes[] = {
${bytes}0};
}
extern const std::string_view ${NAME};
const std::string_view ${NAME}(reinterpret_cast<const char*>(kBytes), sizeof kBytes - 1);
}
")
