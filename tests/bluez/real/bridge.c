/* What the machine's kernel and bus have to do with the host, over TCP.

   bridge hci HOST PORT       makes a controller of the kernel's (/dev/vhci), whose packets (H4) go to and come from there
   bridge bus PORT PATH UID   lets whoever connects speak to a unix socket as this user, a process for each */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { COMMAND = 1, ACL = 2, SCO = 3, EVENT = 4, ISO = 5, VENDOR = 0xff };

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void at_once(int tcp) {
  int yes = 1;
  setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static void write_all(int to, const unsigned char *bytes, int count) {
  while (count > 0) {
    int written = write(to, bytes, count);
    if (written <= 0) exit(1);
    bytes += written;
    count -= written;
  }
}

/* Length of the packet that begins here, 0 when too little has come to know. */
static int packet_length(const unsigned char *in, int have) {
  switch (have ? in[0] : EVENT) {
    case EVENT: return have >= 3 ? 3 + in[2] : 0;
    case ACL: case ISO: return have >= 5 ? 5 + (in[3] | in[4] << 8) : 0;
    case SCO: return have >= 4 ? 4 + in[3] : 0;
    default: fprintf(stderr, "bridge: no packet begins with %d\n", in[0]); exit(1);
  }
}

static void hci(const char *host, int port) {
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, host, &there.sin_addr);
  int tcp = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(tcp, (void *)&there, sizeof there)) fail("bridge: connect");
  at_once(tcp);
  int kernel = open("/dev/vhci", O_RDWR);
  const unsigned char make[2] = {VENDOR, 0};
  if (kernel < 0 || write(kernel, make, sizeof make) != sizeof make) fail("bridge: /dev/vhci");

  static unsigned char in[65536], out[8192];
  int have = 0;
  struct pollfd ends[2] = {{.fd = tcp, .events = POLLIN}, {.fd = kernel, .events = POLLIN}};
  while (poll(ends, 2, -1) >= 0) {
    if (ends[1].revents) {
      int count = read(kernel, out, sizeof out);
      if (count < 0 && errno != EAGAIN && errno != EINTR) fail("bridge: /dev/vhci");
      if (count > 0 && out[0] != VENDOR) write_all(tcp, out, count);
    }
    if (ends[0].revents) {
      int count = read(tcp, in + have, sizeof in - have), length;
      if (count <= 0) exit(0);
      have += count;
      while ((length = packet_length(in, have)) && have >= length) { /* the kernel takes whole ones only */
        if (write(kernel, in, length) != length) perror("bridge: a packet is refused");
        memmove(in, in + length, have -= length);
      }
    }
  }
}

static void serve(int tcp, const char *path, int uid) {
  if (setgid(uid) || setuid(uid)) fail("bridge: setuid");
  struct sockaddr_un there = {.sun_family = AF_UNIX};
  strncpy(there.sun_path, path, sizeof there.sun_path - 1);
  int bus = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(bus, (void *)&there, sizeof there)) fail("bridge: bus");
  at_once(tcp);
  static unsigned char bytes[65536];
  struct pollfd ends[2] = {{.fd = tcp, .events = POLLIN}, {.fd = bus, .events = POLLIN}};
  while (poll(ends, 2, -1) >= 0)
    for (int i = 0; i < 2; i++)
      if (ends[i].revents) {
        int count = read(ends[i].fd, bytes, sizeof bytes);
        if (count <= 0) exit(0);
        write_all(ends[1 - i].fd, bytes, count);
      }
}

static void listen_for_callers(int port, const char *path, int uid) {
  int yes = 1, door = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(door, (void *)&here, sizeof here) || listen(door, 50)) fail("bridge: listen");
  for (;;) {
    int tcp = accept(door, 0, 0);
    if (tcp >= 0 && fork() == 0) serve(tcp, path, uid);
    close(tcp);
  }
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);
  if (count == 4 && !strcmp(words[1], "hci")) hci(words[2], atoi(words[3]));
  if (count == 5 && !strcmp(words[1], "bus")) listen_for_callers(atoi(words[2]), words[3], atoi(words[4]));
  return 1;
}
