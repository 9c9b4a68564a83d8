// SPDX-License-Identifier: Apache-2.0
// The kernel's own structure knows any speed (74880 baud of the ESP8266's boot messages); that of the C library only a list of some.
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "watch/sources.hpp"

namespace tlswhy::watch {

Result<void> set_serial(int descriptor, int baud) {
  termios2 settings{};
  if (ioctl(descriptor, TCGETS2, &settings) != 0) return fail(std::string("is no serial port: ") + std::strerror(errno));
  settings.c_iflag &= ~static_cast<tcflag_t>(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF);
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  // HUPCL would drop DTR and RTS on closing, which resets many boards.
  settings.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARENB | CSTOPB | CRTSCTS | HUPCL | CBAUD);
  settings.c_cflag |= CS8 | CREAD | CLOCAL | BOTHER;
  settings.c_ispeed = static_cast<speed_t>(baud);
  settings.c_ospeed = static_cast<speed_t>(baud);
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  if (ioctl(descriptor, TCSETS2, &settings) != 0) return fail("cannot be set to " + std::to_string(baud) + " baud: " + std::strerror(errno));
  return {};
}

}  // namespace tlswhy::watch
