# Runs a server until the input ends, which it does when the test that holds its other end is gone.
# Argument: the server's command. The first line of output is the server's process id.
trap '' HUP INT
"$@" </dev/null >/dev/null 2>&1 &
echo $!
read -r _
kill -9 $!
wait $!
