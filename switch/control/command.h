/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "switch/control/rpc.h"

/*
 * command: what can be asked of the switch?
 *
 * One method per command of the grammar (ctl/grammar.c): OBJECT VERB is
 * method "OBJECT.VERB", `show` alone is "show". A parameter's key is its word
 * in the grammar; numbers are JSON integers, on|off are booleans, everything
 * else strings. Absent parameters have the default the grammar names.
 *
 *   show              {}                                    -> {overview, below}
 *   version           {}                                    -> {"version":"..","kernel":".."}
 *   shutdown          {"detach":bool}                       -> {}
 *   bridge.add        {"name","may-exist"}                  -> {}
 *   bridge.del        {"name","if-exists"}                  -> {}
 *   bridge.set        {"name","ageing","max-macs"}          -> {}
 *   bridge.show       {"name"?}                             -> [bridge]
 *   port.add          {"name","master","type","mode","queues","may-exist"} -> {state}
 *   port.del          {"name","if-exists"}                  -> {}
 *   port.set          {"name","state":"up"|"down","learning","flood","isolated"} -> {state}
 *   port.show         {"name"?}                             -> [port]
 *   fdb.add           {"mac","dev","vid"?,"may-exist"}      -> {}
 *   fdb.del           {"mac","vid"?,"if-exists"}            -> {}
 *   fdb.flush         {"dev"?,"vid"?}                       -> {"flushed":N}
 *   fdb.show          {"dev"?}                              -> [entry]
 *   worker.show       {}                                    -> [worker]
 *   drops.show        {"port"?}                             -> [drop]
 *   set               {"offload"?,"flow-limit"?,"log"?}     -> {}
 *
 * {state} is {"operstate":"up"} or {"operstate":"down|absent","reason":"words"};
 * the command exits 65 when a port that should be up is not.
 *
 * The shapes are those of the command's -j (README, docs/operations.md):
 *   bridge   {"ifname","ageing","max-macs","macs","ports":[names],
 *             "moved","evicted","expired"}
 *   port     {"ifname","master","operstate","mode","zerocopy","armed","truthful",
 *             "mtu","address","driver","admin":"up|down","learning","flood","isolated",
 *             "queues":[{"queue","worker"}],"rx":{"packets","bytes"},
 *             "tx":{"packets","bytes"},"drops":{reason:n},"notes":[words]}
 *   entry    {"mac","ifname","vlan"?,"master","state":"dynamic|static","age"}
 *   worker   {"worker","cpu","numa","state","busy","turns","sleeps",
 *             "frames":{"pool","held","rx","tx","total"},"rx":{"packets"},"tx":{..}}
 *   drop     {"ifname","reason","packets"}
 *   show     {"version","uptime","offload":"off","bridges":[bridge],"ports":[port],
 *             "workers":[worker],"problems":[words]}
 */
struct config;

/* The handler for rpc_open(); 'arg' is the struct config. */
void command_run(const char *method, const json_t *params, struct rpc_reply *reply, void *arg);
