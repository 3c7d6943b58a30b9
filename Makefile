# loom-agent. `make` needs a JDK 17 or later and nothing else; `make test` and `make check` fetch
# their tools by Maven coordinates, each checked by its checksum.

VERSION := 0.5.0
JAR := build/loom-agent.jar
EVENTS ?=

space := $(subst ,, )

# Maven, for what is fetched and installed; MVN="mvn -o" asks no server.
MVN ?= mvn

# Set JAVA_HOME to build and run with another JDK than the one on the path.
BIN := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/)

# The tests run once more on each of these that is there.
OTHER_JDKS ?= $(wildcard /usr/lib/jvm/*-25-*)

# What every entry of the jar carries as its time: same sources, same bytes.
DATE := 2026-01-01T00:00:00Z

# What needs a later Java than 17 lies apart, by version. The jar has it if a JDK for it is there.
MODERN := src/versions
SOURCES := $(sort $(shell find src -name '*.java' -not -path 'src/versions/*'))
MODERN_SOURCES := $(sort $(shell find $(MODERN) -name '*.java'))
RESOURCES := src/loomagent/ops/page.html
TESTS := $(sort $(shell find test -name '*.java'))
BENCHES := $(sort $(shell find bench -name '*.java'))
EXAMPLES := $(sort $(shell find examples -name '*.java'))
SERVICES := $(sort $(shell find META-INF -type f))

# Strings are joined by code that is there, not by what Java makes when it first comes to each place:
# a tenth of all that a start costs, and of its memory.
JAVAC_FLAGS := --release 17 -XDstringConcat=inline -encoding UTF-8 -Xlint:all -Werror -g:source,lines
DOC_FLAGS := -Xdoclint:all,-missing

# Each with the first of the JDKs at hand that compiles for it. A service without its class would be
# an error at the first name looked up, so they come together or not at all.
define MODERN_CLASSES
for version in $(sort $(notdir $(wildcard $(MODERN)/*))); do \
  for javac in '$(BIN)javac' $(foreach jdk,$(OTHER_JDKS),'$(jdk)/bin/javac'); do \
    "$$javac" --release $$version -version > /dev/null 2>&1 || continue; \
    "$$javac" --release $$version -encoding UTF-8 -Xlint:all -Werror -g:source,lines -cp build/classes \
      -d build/classes/META-INF/versions/$$version $$(find $(MODERN)/$$version -name '*.java') || exit 1; \
    [ $$version != 18 ] || \
      echo loomagent.net.AddressOrder > build/classes/META-INF/services/java.net.spi.InetAddressResolverProvider; \
    break; \
  done; \
done
endef

.PHONY: all run install package deb try test story systemd chaos torture mutation bench footprint examples check lint format floors reproducible clean

all: $(JAR)

# VERSION=… makes another jar.
ifneq ($(VERSION),$(shell cat build/version 2> /dev/null))
$(shell mkdir -p build && printf '%s' '$(VERSION)' > build/version)
endif

$(JAR): $(SOURCES) $(MODERN_SOURCES) $(RESOURCES) $(SERVICES) Makefile build/version
	@rm -rf build/classes && mkdir -p build/classes
	@$(BIN)javac $(JAVAC_FLAGS) -d build/classes $(SOURCES)
	@cp -r META-INF build/classes/ && cp LICENSE build/classes/META-INF/
	@$(foreach file,$(RESOURCES),cp $(file) build/classes/$(dir $(file:src/%=%));)
	@$(MODERN_CLASSES)
	@printf 'Main-Class: loomagent.cli.Main\nMulti-Release: true\nEnable-Native-Access: ALL-UNNAMED\nImplementation-Title: loom-agent\nImplementation-Version: %s\n' \
	  '$(VERSION)' > build/manifest
	@cd build/classes && find . -type f | LC_ALL=C sort | sed 's|^\./||' > ../entries
	@cd build/classes && $(BIN)jar --create --manifest ../manifest --date '$(DATE)' --file ../loom-agent.jar @../entries
	@rm -f build/manifest build/entries
	@ls -l $(JAR) | awk '{print "built " $$NF ", " $$5 " bytes"}'

run: $(JAR)
	$(BIN)java -jar $(JAR) demo $(if $(EVENTS),--events $(EVENTS))

clean:
	rm -rf build

# --- for handler authors -------------------------------------------------------------------------

INSTALL_PLUGIN := org.apache.maven.plugins:maven-install-plugin:3.1.4
API := $(sort $(wildcard src/loomagent/*.java))
SOURCES_JAR := build/install/loom-agent-$(VERSION)-sources.jar
JAVADOC_JAR := build/install/loom-agent-$(VERSION)-javadoc.jar

# REPO=folder: another local Maven repository than the user's own.
install: $(JAR) $(SOURCES_JAR) $(JAVADOC_JAR) build/install/pom.xml
	@$(MVN) -q -B -ntp $(INSTALL_PLUGIN):install-file -Dfile=$(JAR) -DpomFile=build/install/pom.xml -Dsources=$(SOURCES_JAR) \
	  -Djavadoc=$(JAVADOC_JAR) $(if $(REPO),-Dmaven.repo.local='$(abspath $(REPO))')
	@echo 'installed loomagent:loom-agent:$(VERSION) into $(if $(REPO),$(REPO),the local Maven repository)'

build/install/pom.xml: Makefile
	@mkdir -p build/install
	@printf '%s\n' '<project xmlns="http://maven.apache.org/POM/4.0.0">' '  <modelVersion>4.0.0</modelVersion>' \
	  '  <groupId>loomagent</groupId>' '  <artifactId>loom-agent</artifactId>' '  <version>$(VERSION)</version>' \
	  '  <name>loom-agent</name>' '  <description>Hands the events of Zaikio Loom to handlers</description>' \
	  '  <licenses><license><name>MIT</name></license></licenses>' '</project>' > $@

$(SOURCES_JAR): $(SOURCES) Makefile
	@mkdir -p build/install
	@$(BIN)jar --create --no-manifest --date '$(DATE)' --file $@ $(patsubst src/%,-C src %,$(SOURCES))

# Of the API alone: no other class is a handler's to use.
$(JAVADOC_JAR): $(API) Makefile
	@rm -rf build/install/javadoc && mkdir -p build/install/javadoc
	@$(BIN)javadoc -quiet -Werror -Xdoclint:all --release 17 -encoding UTF-8 -notimestamp -windowtitle 'loom-agent $(VERSION)' \
	  -d build/install/javadoc -sourcepath src loomagent
	@cd build/install/javadoc && find . -type f | LC_ALL=C sort | sed 's|^\./||' > ../entries
	@cd build/install/javadoc && $(BIN)jar --create --no-manifest --date '$(DATE)' --file ../$(notdir $@) @../entries

# The projects in examples/, built as a team would that has copied them, and run in the agent.
examples: $(JAR)
	@MAKE='$(MAKE)' examples/run '$(BIN)java' '$(VERSION)'

# --- tests ---------------------------------------------------------------------------------------

JUNIT := org.junit.platform:junit-platform-console-standalone:1.14.3
FORMATTER := com.google.googlejavaformat:google-java-format:1.28.0:jar:all-deps
ERROR_PRONE := com.google.errorprone:error_prone_core:2.42.0:jar:with-dependencies
DATAFLOW := io.github.eisop:dataflow-errorprone:3.49.3-eisop1

# What the simulation rewrites the agent's classes with.
ASM := org.ow2.asm:asm:9.9
ASM_TREE := org.ow2.asm:asm-tree:9.9

# Drivers, for the tests of jdbc alone: never on the class path, as in the agent they are not.
POSTGRESQL := org.postgresql:postgresql:42.7.8
MARIADB := org.mariadb.jdbc:mariadb-java-client:3.5.6
SQLITE := org.xerial:sqlite-jdbc:3.50.3.0
H2 := com.h2database:h2:2.4.240
HSQLDB := org.hsqldb:hsqldb:2.7.4

# Its schemas of a bill of materials.
CYCLONEDX := org.cyclonedx:cyclonedx-core-java:10.2.1

JUNIT_JAR := build/lib/junit-platform-console-standalone-1.14.3.jar
ASM_JAR := build/lib/asm-9.9.jar
ASM_TREE_JAR := build/lib/asm-tree-9.9.jar
TEST_JARS := $(JUNIT_JAR) $(ASM_JAR) $(ASM_TREE_JAR)
FORMATTER_JAR := build/lib/google-java-format-1.28.0-all-deps.jar
ERROR_PRONE_JAR := build/lib/error_prone_core-2.42.0-with-dependencies.jar
DATAFLOW_JAR := build/lib/dataflow-errorprone-3.49.3-eisop1.jar
CYCLONEDX_JAR := build/lib/cyclonedx-core-java-10.2.1.jar
POSTGRESQL_JAR := build/lib/drivers/postgresql-42.7.8.jar
MARIADB_JAR := build/lib/drivers/mariadb-java-client-3.5.6.jar
SQLITE_JAR := build/lib/drivers/sqlite-jdbc-3.50.3.0.jar
H2_JAR := build/lib/drivers/h2-2.4.240.jar
HSQLDB_JAR := build/lib/drivers/hsqldb-2.7.4.jar
DRIVER_JARS := $(POSTGRESQL_JAR) $(MARIADB_JAR) $(SQLITE_JAR) $(H2_JAR) $(HSQLDB_JAR)

SUM_JUNIT := 909a20a8b173aca348fb7c1bb6dc8d9b234d3095c5b52b81699d742e14a7f61a
SUM_ASM := 03d99a74ad1ee5c71334ef67437f4ef4fe3488caa7c96d8645abc73c8e2017d4
SUM_ASM_TREE := 42178f3775c9c63f9e5e1446747d29b4eca4d91bd6e75e5c43cfa372a47d38c6
SUM_FORMATTER := 32342e7c1b4600f80df3471da46aee8012d3e1445d5ea1be1fb71289b07cc735
SUM_ERROR_PRONE := f9e747a2ff76dfae6bc0f71fc8c259b7493ecc093a96d3223d5b2669a996b0a7
SUM_DATAFLOW := 852810a49bf2131b44c2b44b14a9cff7af3601e996d3d30127a855985550f664
SUM_CYCLONEDX := 94723f998589373f8ef4619856feea30f1c55d2eb9574866845ba146fd74a74f
SUM_POSTGRESQL := 2a32a9dcbc42d67a50ad3a0de5efd102c8d2be46720045f2cbd6689f160ab7c7
SUM_MARIADB := a129703efd7b0f334564d46753de999f09b3a361489a2eb647e6020390981cc9
SUM_SQLITE := a3f53a2aa15ae9425a9e793bbe9c8e5288febeb4b65ef5c1a4e80d4c2045cf08
SUM_H2 := 29b70e427cc1c40cdc376283adbb0cc62853073797bb5fe5761f81fe73d57ce0
SUM_HSQLDB := 5fab2bb4384ac06b762638c8fa2740c944b8d080e4796c0c6c2af8b90dd4e5ad

# fetch COORDINATES, CHECKSUM
define fetch
	@mkdir -p $(dir $@)
	@echo 'fetching $(notdir $@)'
	@$(MVN) -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -Dartifact=$(1) \
	  -DoutputDirectory=$(dir $@) > build/lib/fetch.log || { cat build/lib/fetch.log; exit 1; }
	@echo '$(2)  $@' | sha256sum --check --quiet || { rm -f '$@'; exit 1; }
	@touch '$@'
endef

$(JUNIT_JAR):
	$(call fetch,$(JUNIT),$(SUM_JUNIT))
$(ASM_JAR):
	$(call fetch,$(ASM),$(SUM_ASM))
$(ASM_TREE_JAR):
	$(call fetch,$(ASM_TREE),$(SUM_ASM_TREE))
$(FORMATTER_JAR):
	$(call fetch,$(FORMATTER),$(SUM_FORMATTER))
$(ERROR_PRONE_JAR):
	$(call fetch,$(ERROR_PRONE),$(SUM_ERROR_PRONE))
$(DATAFLOW_JAR):
	$(call fetch,$(DATAFLOW),$(SUM_DATAFLOW))
$(CYCLONEDX_JAR):
	$(call fetch,$(CYCLONEDX),$(SUM_CYCLONEDX))
$(POSTGRESQL_JAR):
	$(call fetch,$(POSTGRESQL),$(SUM_POSTGRESQL))
$(MARIADB_JAR):
	$(call fetch,$(MARIADB),$(SUM_MARIADB))
$(SQLITE_JAR):
	$(call fetch,$(SQLITE),$(SUM_SQLITE))
$(H2_JAR):
	$(call fetch,$(H2),$(SUM_H2))
$(HSQLDB_JAR):
	$(call fetch,$(HSQLDB),$(SUM_HSQLDB))

build/test-classes/.built: $(JAR) $(TESTS) $(TEST_JARS) $(DRIVER_JARS)
	@rm -rf build/test-classes && mkdir -p build/test-classes
	@$(BIN)javac $(JAVAC_FLAGS) -cp $(subst $(space),:,$(JAR) $(TEST_JARS)) -d build/test-classes $(TESTS)
	@touch $@

test: build/test-classes/.built
	@test/run '$(BIN)java' $(foreach jdk,$(OTHER_JDKS),'$(jdk)/bin/java')

# Tells all that happens in the simulation of one seed, such as one that a test has failed with.
story: build/test-classes/.built
	@$(BIN)java -cp build/test-classes:$(subst $(space),:,$(JAR) $(TEST_JARS)) loomagent.whole.Seeds $(SEED)

# The tests that take minutes to hours: hundreds of kills, every byte flipped, millions of events,
# and the fuzzers with FUZZ=N times the rounds that they have in `make test`.
FUZZ ?= 100

torture: build/test-classes/.built
	@TAG=torture FUZZ=$(FUZZ) DETAILS=tree test/run '$(BIN)java'

# Which mistakes would go unseen: PACKAGE="json cable" alone, THREADS=N at once. Takes hours.
PACKAGE ?= json cable journal delivery
THREADS ?= 2
PIT := org.pitest:pitest-command-line:1.30.1 org.pitest:pitest-entry:1.30.1 org.pitest:pitest:1.30.1 \
  org.pitest:pitest-junit5-plugin:1.2.3 org.apache.commons:commons-text:1.14.0 org.apache.commons:commons-lang3:3.18.0
SUM_pitest-command-line := e7fe206c7c6ed8e4529ee9c44e6338df702e67326bf34702d1c57cfca6b31819
SUM_pitest-entry := 3a05342c7efa4925fa3074337cc4491458a8487715b5401c84838309ea85f48f
SUM_pitest := 893af485bf0cb7ac2cb9c0a7da20a6213098586e6b768624d90b5b3e0d356616
SUM_pitest-junit5-plugin := d3e2fcc8db5fd52c0c4ac2fe0d937e64da3df39b657093a1581b5fd463f9be64
SUM_commons-text := 121fce2282910c8f0c3ba793a5436b31beb710423cbe2d574a3fb7a73c508e92
SUM_commons-lang3 := 4eeeae8d20c078abb64b015ec158add383ac581571cddc45c68f0c9ae0230720
PIT_JARS := $(foreach p,$(PIT),build/lib/pit/$(word 2,$(subst :, ,$(p)))-$(word 3,$(subst :, ,$(p))).jar)

define PIT_JAR
build/lib/pit/$(word 2,$(subst :, ,$(1)))-$(word 3,$(subst :, ,$(1))).jar:
	$$(call fetch,$(1),$(SUM_$(word 2,$(subst :, ,$(1)))))
endef
$(foreach p,$(PIT),$(eval $(call PIT_JAR,$(p))))

mutation: build/test-classes/.built $(PIT_JARS)
	@test/mutation '$(BIN)java' $(THREADS) $(PACKAGE)

# The unit under a systemd of its own, on each Java. Needs root.
systemd: deb $(SQLITE_JAR)
	@test/systemd $(JAR) $(SQLITE_JAR) build/package/loom-agent_$(VERSION)_all.deb "$$(command -v $(BIN)java)" $(foreach jdk,$(OTHER_JDKS),'$(jdk)/bin/java')

# The jar behind a bad cable: MINUTES=N of it on each Java, SEED=N. Needs root.
chaos: build/test-classes/.built
	@test/chaos $(JAR) "$$(command -v $(BIN)java)" $(foreach jdk,$(OTHER_JDKS),'$(jdk)/bin/java')

# --- packages ------------------------------------------------------------------------------------

# All that is handed out, in build/package: jar, bill of materials, .deb, image, checksums.
package: $(JAR)
	@packaging/build '$(BIN)' '$(VERSION)' '$(DATE)' jar sbom deb image

# The .deb alone.
deb: $(JAR)
	@packaging/build '$(BIN)' '$(VERSION)' '$(DATE)' deb

# Installs, upgrades and purges the .deb on this machine, and runs the image. Only root can.
try: package $(CYCLONEDX_JAR) $(DRIVER_JARS)
	@packaging/try '$(BIN)' '$(VERSION)' $(CYCLONEDX_JAR)

# --- benchmarks ----------------------------------------------------------------------------------

WS := ws-8.18.3
SUM_WS := 424be604c8e7926fc29a1f067bf2dac256af3bcea62fe30395018bbaf8a9be2a
RUNS ?= 3

build/bench/node_modules/ws: Makefile
	@for tool in node npm; do command -v $$tool > /dev/null || { echo "make bench needs $$tool: install nodejs and npm"; exit 1; }; done
	@rm -rf $@ && mkdir -p $@
	@npm pack --silent --pack-destination build/bench $(subst -,@,$(WS)) > build/bench/npm.log
	@echo '$(SUM_WS)  build/bench/$(WS).tgz' | sha256sum --check --quiet || { rm -rf $@; exit 1; }
	@tar -xzf build/bench/$(WS).tgz -C $@ --strip-components=1
	@touch $@

# Whom the agent is measured beside, and with what, never on its own class path: SHA-256 and coordinates.
PEERS := \
  dc0eaf2bbf0036a70b60798c785d6e03a9daf06b68b8edb0f1ba9eb3421baeb3:org.openjdk.jmh:jmh-core:1.37 \
  6a5604b5b804e0daca1145df1077609321687734a8b49387e49f10557c186c77:org.openjdk.jmh:jmh-generator-annprocess:1.37 \
  df26cc58f235f477db07f753ba5a3ab243ebe5789d9f89ecf68dd62ea9a66c28:net.sf.jopt-simple:jopt-simple:5.0.4 \
  1e56d7b058d28b65abd256b8458e3885b674c1d588fa43cd7d1cbb9c7ef2b308:org.apache.commons:commons-math3:3.6.1 \
  4b40a06396f239f8de2da57419adde6e94e5edc18a2171d471ea05eeed4e5c2d:com.fasterxml.jackson.core:jackson-core:2.21.4 \
  3888e9e69ab66fbacaacc9aea0e9ffbf15368288e4aca468b024dba11c09fbf9:com.fasterxml.jackson.core:jackson-databind:2.21.4 \
  53ca085f4a150f703f49e1aabd935bd03b43e1ea3d55d135438292af22cef56b:com.fasterxml.jackson.core:jackson-annotations:2.21 \
  dd0ce1b55a3ed2080cb70f9c655850cda86c206862310009dcb5e5c95265a5e0:com.google.code.gson:gson:2.13.2 \
  43d2795c54e1f21c8bf4da03c6473d263bc08f47c4931aa5488deb38c9148d21:com.alibaba.fastjson2:fastjson2:2.0.60 \
  69ff84463d1d7cc5cfdb8baf2b6e5f7af153d351bf0dbee3bbc8916247afac74:com.eclipsesource.minimal-json:minimal-json:0.9.5 \
  ee86e1532b412a11da4450d25ce9c1860d4d8793efef50aef0d0859d94ca4367:com.grack:nanojson:1.10 \
  3435037f809527a943d5af3b1ba3b58d723f3a7ff0513f92487495da1f8608a8:com.squareup.tape2:tape:2.0.0-beta1 \
  eae29213e4f16515639c28957200f011b3967fffcada1962cf0255d24919c22f:org.java-websocket:Java-WebSocket:1.6.0 \
  7b751d952061954d5abfed7181c1f645d336091b679891591d63329c622eb832:org.slf4j:slf4j-api:2.0.17 \
  3716f83649ec66161a2edefd4f49df34d1dd1c51cdcf941996c6987260f0a829:org.slf4j:slf4j-nop:2.0.17

part = $(word $(2),$(subst :, ,$(1)))
peer_jar = build/lib/peers/$(call part,$(1),3)-$(call part,$(1),4).jar
define peer_rule
$(call peer_jar,$(1)):
	$$(call fetch,$(call part,$(1),2):$(call part,$(1),3):$(call part,$(1),4),$(call part,$(1),1))
endef
$(foreach peer,$(PEERS),$(eval $(call peer_rule,$(peer))))
PEER_JARS := $(foreach peer,$(PEERS),$(call peer_jar,$(peer)))
BENCH_PATH := $(subst $(space),:,$(JAR) $(PEER_JARS) $(SQLITE_JAR))

# Loom's script, with this in the place where it prints an event.
SCRIPT = { grep -q "$(PRINTS)" bench/loom.mjs && sed "s/$(PRINTS)/$(1)/" bench/loom.mjs; }
PRINTS := console.log('webhook received', msg.message)

# JMH makes classes of its own out of the benchmarks, which no lint is meant for.
build/bench/classes/.built: $(JAR) $(BENCHES) $(wildcard bench/*.mjs) $(PEER_JARS) $(SQLITE_JAR)
	@rm -rf build/bench/classes && mkdir -p build/bench/classes
	@$(BIN)javac --release 17 -encoding UTF-8 -Xlint:none -cp $(BENCH_PATH) -processorpath $(BENCH_PATH) \
	  -d build/bench/classes $(BENCHES)
	@rm -rf build/bench/handlers build/bench/probe && mkdir -p build/bench/handlers build/bench/probe/bench build/bench/probe/META-INF/services
	@cp build/bench/classes/bench/Probe.class build/bench/classes/bench/Stamps.class build/bench/probe/bench/
	@echo bench.Probe > build/bench/probe/META-INF/services/loomagent.EventHandler
	@$(BIN)jar --create --no-manifest --file build/bench/handlers/probe.jar -C build/bench/probe .
	@cp bench/loom.mjs build/bench/
	@$(call SCRIPT,console.log(JSON.stringify(msg.message))) > build/bench/lines.mjs
	@{ $(call SCRIPT,stamp(msg.message)); cat bench/stamp.mjs; } > build/bench/stamps.mjs
	@touch $@

# Which rows; RUNS=N of each, EVENTS=N in each, WAITING=N in the journal of one.
BENCH ?= json appends throughput latency allocation scale footprint

bench: build/bench/classes/.built build/bench/node_modules/ws
	@rm -f build/bench/table
	@failed=0; for row in $(BENCH) table; do \
	  if [ $$row = footprint ]; then BARE=no $(call FOOTPRINT,1,10,1000000); else \
	    $(BIN)java $(if $(WAITING),-Dwaiting=$(WAITING)) -cp build/bench/classes:$(BENCH_PATH) bench.Bench $$row \
	      $(JAR) build/bench $(RUNS) $(or $(EVENTS),200000) $(WS); \
	  fi || failed=1; \
	done; exit $$failed

# LIVES, IDLE, EVENTS
FOOTPRINT = bench/footprint build/bench/classes:$(BENCH_PATH) $(JAR) build/bench $(RUNS) $(1) $(2) $(3) \
  "$$(command -v $(BIN)java)" $(foreach jdk,$(OTHER_JDKS),'$(jdk)/bin/java')

# Memory, start and wake-ups. RUNS=N of each, IDLE=seconds of nothing and EVENTS=N in each.
footprint: build/bench/classes/.built build/bench/node_modules/ws
	@$(call FOOTPRINT,$(RUNS),$(or $(IDLE),30),$(or $(EVENTS),1000000))

# --- what CI runs --------------------------------------------------------------------------------

check: lint reproducible
	@$(MAKE) --no-print-directory test

EXPORTS := $(foreach p,api code comp file main model parser processing tree util,\
  --add-exports=jdk.compiler/com.sun.tools.javac.$(p)=ALL-UNNAMED) \
  --add-opens=jdk.compiler/com.sun.tools.javac.code=ALL-UNNAMED \
  --add-opens=jdk.compiler/com.sun.tools.javac.comp=ALL-UNNAMED

# What error-prone says of taste is left to the reader; what it says of faults is an error.
TASTE := $(foreach check,AnnotateFormatMethod BooleanLiteral ByteBufferBackingArray CanonicalDuration \
  InlineFormatString JavaUtilDate JdkObsolete OperatorPrecedence StatementSwitchToExpressionSwitch \
  StringConcatToTextBlock StringSplitter UnnecessaryParentheses UnnecessaryStringBuilder,-Xep:$(check):OFF)

format: $(FORMATTER_JAR)
	@$(BIN)java $(EXPORTS) -jar $(FORMATTER_JAR) --replace $(SOURCES) $(MODERN_SOURCES) $(TESTS) $(BENCHES) $(EXAMPLES)

lint: $(JAR) $(TEST_JARS) $(FORMATTER_JAR) $(ERROR_PRONE_JAR) $(DATAFLOW_JAR) $(PEER_JARS) floors
	@echo 'format'
	@$(BIN)java $(EXPORTS) -jar $(FORMATTER_JAR) --dry-run --set-exit-if-changed $(SOURCES) $(MODERN_SOURCES) $(TESTS) $(BENCHES) $(EXAMPLES)
	@echo 'error-prone'
	@mkdir -p build/lint
	@$(BIN)javac $(patsubst --%,-J--%,$(EXPORTS)) $(JAVAC_FLAGS) $(DOC_FLAGS) -XDcompilePolicy=simple \
	  --should-stop=ifError=FLOW -processorpath $(ERROR_PRONE_JAR):$(DATAFLOW_JAR) '-Xplugin:ErrorProne $(TASTE)' \
	  -cp $(subst $(space),:,$(TEST_JARS) $(PEER_JARS)) -d build/lint $(SOURCES) $(TESTS) $(BENCHES)

floors: $(JAR)
	@echo 'floors'
	@test/floors $(JAR) '$(BIN)jdeps'

reproducible: $(JAR)
	@mv $(JAR) build/first.jar && $(MAKE) --no-print-directory $(JAR) > build/second.log
	@cmp build/first.jar $(JAR) && echo 'reproducible: two builds, the same bytes' && rm build/first.jar
