#!/bin/sh
# A study through a real Slurm on this machine (one node, Debian's slurmd,
# slurmctld and munge), against the bytes of one run.  Needs root; starts
# daemons of its own with a configuration of its own, and stops those.
#
#   tests/slurm/run.sh BUILD     (make test-slurm)
LATENT=$1/latent
. tests/e2e/lib.sh
for program in slurmd slurmctld munged sbatch bash; do
    PATH=$PATH:/usr/sbin command -v $program >/dev/null || {
        skip "$program is absent"
        finish test_slurm
    }
done
[ "$(id -u)" -eq 0 ] || { skip "not root"; finish test_slurm; }
PATH=$PATH:/usr/sbin
base=$WORK/slurm host=$(hostname -s)
mkdir -p "$base/state" "$base/spool" "$base/munge"
chmod 755 "$WORK" "$base"
chown munge "$base/munge"
chmod 755 "$base/munge"
dd if=/dev/urandom of="$base/munge/key" bs=1024 count=1 2>/dev/null
chown munge "$base/munge/key"
chmod 400 "$base/munge/key"
cat >"$base/slurm.conf" <<C
ClusterName=latent
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
AuthInfo=socket=$base/munge/socket
CredType=cred/munge
StateSaveLocation=$base/state
SlurmdSpoolDir=$base/spool
SlurmctldPidFile=$base/ctld.pid
SlurmdPidFile=$base/d.pid
SlurmctldLogFile=$base/ctld.log
SlurmdLogFile=$base/d.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
C
SLURM_CONF=$base/slurm.conf
export SLURM_CONF
munge_options="--foreground --force --socket=$base/munge/socket
    --key-file=$base/munge/key --log-file=$base/munge/log
    --pid-file=$base/munge/pid --seed-file=$base/munge/seed"
# munge_options is a list of words
setpriv --reuid=munge --regid=munge --clear-groups \
    munged $munge_options >"$base/munge.out" 2>&1 &
munge_pid=$!
sleep 2
slurmctld -D >"$base/ctld.out" 2>&1 &
ctld_pid=$!
slurmd -D >"$base/d.out" 2>&1 &
d_pid=$!
stop() {
    kill $d_pid $ctld_pid $munge_pid 2>/dev/null
    wait 2>/dev/null
    rm -rf "$WORK"
}
trap stop EXIT
for _ in $(seq 30); do
    sinfo -h -o %t 2>/dev/null | grep -q idle && break
    sleep 1
done
check "the node is idle" sh -c 'sinfo -h -o %t | grep -q idle'
sinfo -h -o %t | grep -q idle || {
    tail -n 5 "$base"/*.log "$base"/*.out
    finish test_slurm
}

STUDY="--base model/demo/base.gguf --tuned model/demo/tuned.gguf
    --data tests/data/demo.tsv --limit 100 --k 12 --layers 0,3,6
    --permutations 10 -q"
# STUDY is a list of words
runs 0 "one run" "$LATENT" run $STUDY --out "$WORK/whole"
runs 0 "plan" "$LATENT" plan $STUDY --out "$WORK/study" --slurm \
    --parts 3 --script "$WORK/study.sh"
submit() {
    LATENT=$LATENT bash "$WORK/study.sh" --output="$WORK/job-%j-%a.log"
    for _ in $(seq 120); do
        [ -z "$(squeue -h)" ] && return 0
        sleep 1
    done
    return 1
}
runs 0 "the array and the rest" submit
same "Slurm's study has the bytes of one run" "$WORK/whole" "$WORK/study"
rm "$WORK/study/tuned/layer-03/layer.sha256"
runs 0 "again, with a layer missing" submit
same "the layer was made again" "$WORK/whole" "$WORK/study"
check "no part of it was left" \
    sh -c "! find '$WORK/study' -name '*-of-3.npy' | grep -q ."
check "the others were not" grep -ql "tuned layer 6 is done" "$WORK"/job-*.log
finish test_slurm
