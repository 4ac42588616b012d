# Runs a database server for as long as tests use it.
# Arguments: the folder of the locks, the server's folder, the seconds to linger, and the server's command.
#   users: held shared by each test process
#   door:  held by whoever starts or stops the server
#   serve: held by this script
locks=$1 run=$2 linger=$3
shift 3
trap '' HUP INT
exec 9>"$locks/serve"
flock -n 9 || exit 1
"$@" 9>&- &
server=$!

unused() { flock -n -x "$locks/users" true 9>&- 8>&-; }

idle=0
while kill -0 "$server" 2>/dev/null; do
    sleep 1 9>&-
    if unused; then idle=$((idle + 1)); else idle=0; fi
    [ "$idle" -ge "$linger" ] || continue
    # Nobody can begin to use the server while the door is held, so one more look settles it.
    exec 8>"$locks/door"
    if flock -n 8 && unused; then
        kill -9 "$server"
        break
    fi
    exec 8>&-
    idle=0
done
wait "$server" 2>/dev/null
rm -rf "${run:?}"
# In this order: whoever waits at the door must not find it still served.
exec 9>&-
