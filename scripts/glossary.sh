#!/bin/sh
# Lists each use of a name or word that docs/glossary.md has replaced, and fails if there is one.
cd "$(dirname "$0")/.." || exit
names='Announce|Asked|Carrier|Cast|Committed|Directory|Door|Doors|Due|Ear|Errand|Exit|Farewell|Fault|Gate|Habits|Heads|Heard'
names="$names|Held|Home|Kept|Lane|LastWord|Line|Link|Listener|Lost|Manner|Mirror|Missed|Opening|Order|Outflow|Own|Parked"
names="$names|Polled|Posted|Posting|Question|Registry|Roamer|Seat|Shared|Signed|Standing|Thing|Timers|Told|Turns"
names="$names|Unanswered|Witness|Word|World"
words='seats?|lanes?|errands?|farewells?|mirrors?|told|whoever|doors?|bury|buried|recalls?|hears?|heard|news|roamers?'
# The keys of the AsyncAPI document (`heard.presence`), and the glossary itself.
exempt='"heard|^docs/glossary\.md:'

found=$({
    grep -rnE --exclude-dir=node_modules --include='*.rs' "\b(struct|enum|trait|type|mod|fn) ($names)\b" crates
    grep -rniE --exclude-dir=node_modules --include='*.rs' --include='*.ts' --include='*.vue' --include='*.md' --include='*.sql' \
        "(^|[^[:alpha:]])($words)([^[:alpha:]]|\$)" crates web/src docs migrations *.md
} | grep -vE "$exempt")
[ -z "$found" ] || {
    echo "$found"
    echo "glossary: these names and words have plain ones in docs/glossary.md" >&2
    exit 1
}
