# Runs a Redis server until our input ends, as it does when the test that holds its other end is gone, however it went.
# Argument: the server's command. The first line of output is the server's process id.
trap '' HUP INT
"$@" </dev/null >/dev/null 2>&1 &
echo $!
read -r _
kill -9 $!
wait $!
