#!/bin/sh
# Makes every password and certificate of this installation, once, and gives each server and client its own share. A folder below
# KEYS is a volume: `accounts` is for the set-up and the operator, the others for the service of their name, read-only.
# All services run under one user id, so that owner-only files are enough.
set -eu
umask 077
keys="${KEYS:-/keys}"
data="${KAFKA_DATA:-/var/lib/kafka/data}"
days=3650

if [ -e "$keys/accounts/done" ]; then
  echo "keys: already made"
  exit 0
fi

password() { openssl rand -hex 24; }
for name in elastic kibana_system rasid analyst kafka; do
  [ -s "$keys/accounts/$name" ] || password > "$keys/accounts/$name"
done
said() { cat "$keys/accounts/$1"; }

# --- an authority of our own, and the certificate of the one Elasticsearch node
cd "$keys/accounts"
openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days "$days" -subj "/CN=Rasid authority" \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
  -keyout ca.key -out ca.crt 2> /dev/null
openssl req -newkey rsa:3072 -nodes -sha256 -subj "/CN=elasticsearch" \
  -keyout "$keys/elasticsearch/node.key" -out node.csr 2> /dev/null
printf '%s\n' "subjectAltName=DNS:elasticsearch,DNS:localhost,IP:127.0.0.1" \
  "extendedKeyUsage=serverAuth,clientAuth" > node.ext
openssl x509 -req -in node.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days "$days" -sha256 -extfile node.ext \
  -out "$keys/elasticsearch/node.crt" 2> /dev/null
rm -f node.csr node.ext ca.srl
for share in elasticsearch kibana access; do cp ca.crt "$keys/$share/ca.crt"; done
said elastic > "$keys/elasticsearch/elastic"

# --- what Rasid's own processes take as settings: the name of a file is that of a setting
said rasid > "$keys/access/elasticsearch_password"
said kafka > "$keys/access/kafka_password"

# --- Kafka: one node without ZooKeeper, its own controller; clients log in
cat > "$keys/kafka/server.properties" << END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
controller.listener.names=CONTROLLER
listeners=CLIENT://:9092,CONTROLLER://127.0.0.1:9093
advertised.listeners=CLIENT://kafka:9092
listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="rasid" password="$(said kafka)" user_rasid="$(said kafka)";
log.dirs=$data
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=12
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=1000
log.cleaner.dedupe.buffer.size=33554432
END

# --- Kibana
cat > "$keys/kibana/kibana.yml" << END
server.name: kibana
server.host: 0.0.0.0
server.shutdownTimeout: 5s
elasticsearch.hosts: ["https://elasticsearch:9200"]
elasticsearch.username: kibana_system
elasticsearch.password: "$(said kibana_system)"
elasticsearch.ssl.certificateAuthorities: ["/keys/ca.crt"]
xpack.security.encryptionKey: "$(password)"
xpack.encryptedSavedObjects.encryptionKey: "$(password)"
xpack.reporting.encryptionKey: "$(password)"
telemetry.optIn: false
END

touch "$keys/accounts/done"
echo "keys: made"
