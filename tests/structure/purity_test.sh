#!/bin/sh
# The core does no I/O: no socket, clock, thread, file, log or random number under
# lib/core, lib/policy, lib/checks and lib/mail. Looks at what their sources include, and at what
# their objects ask the linker for.
#
# purity_test.sh ARCHIVE... SOURCE...
forbidden_includes='sys/|netinet|arpa/|netdb|unistd|fcntl|poll|signal|fstream|iostream|cstdio|stdio|thread|mutex|atomic|future|condition_variable|chrono|ctime|time\.h|random|cstdlib|stdlib|filesystem|syslog|ares|ldap|event2?|absl/(flags|log|random|synchronization|time/clock)'
forbidden_symbols='socket|connect|bind|listen|accept|send|sendto|recv|recvfrom|poll|select|epoll_.*|open|open64|openat|fopen|fopen64|read|write|pread|pwrite|printf|fprintf|puts|syslog|time|gettimeofday|clock_gettime|clock|pthread_create|rand|random|srand|getrandom|getenv|setenv|sleep|usleep|nanosleep|fork|execve|system|getaddrinfo|gethostbyname|getpwnam|absl::.*Now\(\)|std::chrono::.*|std::random_device.*|std::basic_[io]?fstream.*|std::thread::.*|std::mutex.*'
failed=0
sources=0
archives=0
for file in "$@"; do
  case $file in
  *_test.cc | *_fuzz.cc | *_testing.h | *_testing.cc) ;;
  *.a)
    archives=$((archives + 1))
    symbols=$(nm -uC "$file") || failed=1
    found=$(echo "$symbols" | sed -n 's/^ *U //p' | sed 's/@.*//' | grep -xE "$forbidden_symbols" | sort -u)
    if [ -n "$found" ]; then
      echo "$file asks for:" $found
      failed=1
    fi
    ;;
  *.cc | *.h)
    sources=$((sources + 1))
    if grep -nHE "^#include [<\"]($forbidden_includes)" "$file"; then failed=1; fi
    ;;
  esac
done
echo "$sources sources and $archives archives read"
[ $sources -gt 20 ] && [ $archives -gt 4 ] || { echo "too few to be all"; failed=1; }
exit $failed
