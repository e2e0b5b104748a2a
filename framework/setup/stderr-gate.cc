// Holds back what libraries write to standard error while they are loaded: JavaScript cannot redirect a file descriptor.
// hold() begins, release() ends and returns the text. libtensorflow prints two lines on loading that no setting of its own silences.
#include <fcntl.h>
#include <node_api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace {

int original = -1;
int held = -1;

napi_value Hold(napi_env, napi_callback_info) {
  if (original >= 0) return nullptr;
  held = memfd_create("stderr", MFD_CLOEXEC);
  if (held < 0) return nullptr;
  original = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (original < 0 || dup2(held, STDERR_FILENO) < 0) {
    if (original >= 0) close(original);
    close(held);
    original = held = -1;
  }
  return nullptr;
}

napi_value Release(napi_env env, napi_callback_info) {
  std::string text;
  if (original >= 0) {
    dup2(original, STDERR_FILENO);
    close(original);
    char part[4096];
    off_t at = 0;
    for (ssize_t size; (size = pread(held, part, sizeof part, at)) > 0; at += size) text.append(part, size);
    close(held);
    original = held = -1;
  }
  napi_value result;
  return napi_create_string_utf8(env, text.data(), text.size(), &result) == napi_ok ? result : nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"hold", nullptr, Hold, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"release", nullptr, Release, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, 2, functions);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
