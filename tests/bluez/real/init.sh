#!/bin/busybox sh
# The machine's first and only shell: starts the bus, then does the lines that come over its serial port.
# Of the kernel's arguments host_uid is whose calls on the bus are the host's.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mkdir -p /run/dbus
stty -echo -icrnl
for module in $(cat /modules/order); do insmod "/modules/$module.ko" || echo "module $module failed"; done
echo 3 >/proc/sys/kernel/printk
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
[ "$host_uid" = 0 ] || echo "host:x:$host_uid:$host_uid::/:/bin/sh" >>/etc/passwd

dbus-daemon --config-file=/etc/bus.conf --nofork --nopidfile --nosyslog 2>/run/bus.log &
while [ ! -S /run/dbus/system_bus_socket ]; do sleep 0.1; done
bridge bus 5555 /run/dbus/system_bus_socket "$host_uid" &

# daemon: bluetoothd, in the background
daemon() {
    bluetoothd -n >>/run/bluetoothd.log 2>&1 &
    daemon_pid=$!
}
# end SIGNAL PID: and wait until it is gone
end() { [ -z "$2" ] || { kill "-$1" "$2" && wait "$2"; } 2>/dev/null; }
# plug PORT: a daemon that knows nothing, and a controller whose other end listens at the host's port
plug() {
    end KILL "$controller_pid"
    end KILL "$daemon_pid"
    rm -rf /var/lib/bluetooth/*
    daemon
    bridge hci 10.0.2.2 "$1" &
    controller_pid=$!
}
# block 1, block 0: what rfkill does
block() { for switch in /sys/class/rfkill/*/soft; do echo "$1" >"$switch"; done; }

echo "machine ready"
while read -r line; do
    eval "$line"
    echo "done $?"
done
poweroff -f
