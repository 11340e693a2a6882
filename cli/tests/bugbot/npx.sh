#!/bin/sh
# A wrangler that keeps what it makes in $FAKE, and writes down what it is asked. The texts and exit
# codes are those of wrangler 4.116.
shift
printf '%s\n' "$*" >> "$FAKE/asked"
case "$*" in
"whoami --json")
    if [ -f "$FAKE/logged-out" ]; then echo '{ "loggedIn": false }'; exit 1; fi
    echo '{ "loggedIn": true, "authType": "OAuth Token", "email": "ann@example.com",'
    echo '  "accounts": [ { "name": "Acme", "id": "f00" } ], "tokenPermissions": [] }'
    ;;
"kv namespace list")
    echo '['
    if [ -f "$FAKE/kv" ]; then
        echo '  { "id": "0123456789abcdef0123456789abcdef", "title": "BUGBOT_KV", "supports_url_encoding": true },'
    fi
    echo '  { "id": "ffffffffffffffffffffffffffffffff", "title": "another", "supports_url_encoding": true }'
    echo ']'
    ;;
"kv namespace create BUGBOT_KV")
    if [ -f "$FAKE/kv" ]; then
        echo 'X [ERROR] A KV namespace with the title "BUGBOT_KV" already exists.' >&2; exit 1
    fi
    touch "$FAKE/kv"
    printf '🌀 Creating namespace with title "BUGBOT_KV"\n✨ Success!\n'
    ;;
"queues info "*)
    if [ ! -f "$FAKE/queue-$3" ]; then
        echo "X [ERROR] Queue \"$3\" does not exist. To create it, run: wrangler queues create $3" >&2; exit 1
    fi
    printf 'Queue Name: %s\n' "$3"
    ;;
"queues create "*)
    if [ -f "$FAKE/no-queues" ]; then
        echo 'X [ERROR] Queues is currently not enabled on this account.' >&2; exit 1
    fi
    touch "$FAKE/queue-$3"
    printf "🌀 Creating queue '%s'\n✅ Created queue '%s'\n" "$3" "$3"
    ;;
"secret bulk --env "*)
    cat > "$FAKE/secrets-$4"
    echo "✨ Successfully created secret for key: …"
    ;;
*)
    echo "X [ERROR] Unknown arguments: $*" >&2; exit 1
    ;;
esac
