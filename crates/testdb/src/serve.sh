# Runs a database server for as long as tests use it.
# Arguments: the folder of the locks, the server's folder, the seconds to linger, and the server's command.
#   users: held shared by each test process
#   start: held while the server is started or stopped
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
    # Nothing can begin to use the server while this lock is held.
    exec 8>"$locks/start"
    if flock -n 8 && unused; then
        kill -9 "$server"
        break
    fi
    exec 8>&-
    idle=0
done
wait "$server" 2>/dev/null
rm -rf "${run:?}"
# In this order: the next holder of the start lock must not find the server still served.
exec 9>&-
