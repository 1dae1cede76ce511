"""INFO memory."""

from dflite.base.numbers import human_size
from dflite.native.keyspace.memory import BACKLOG, POLICY, REPLICAS
from dflite.scripting.scripting import Scripting
from dflite.server.figures import Figures
from dflite.server.process import machine_memory, peak_resident_memory


def memory_section(figures: Figures) -> list[str]:
    memory = figures.memory()
    settings = figures.settings
    keyspace = figures.keyspace
    machine = machine_memory()
    resident = memory.resident
    pending = keyspace.pending()
    lines = sized("used_memory", memory.used)
    lines += sized("used_memory_rss", resident)
    lines += sized("used_memory_peak", memory.peak)
    lines += [
        f"used_memory_peak_perc:{memory.peak_percentage:.2f}%",
        f"used_memory_peak_rss:{peak_resident_memory()}",
        f"used_memory_overhead:{memory.overhead}",
        f"used_memory_startup:{memory.startup}",
        f"program_memory:{memory.program}",  # the interpreter; no part of the sums
        f"used_memory_dataset:{memory.dataset}",
        f"used_memory_dataset_perc:{memory.dataset_percentage:.2f}%",
        f"object_used_memory:{memory.dataset}",
        f"table_used_memory:{memory.table_bytes}",
        f"num_entries:{memory.keys}",
        # The C library does not tell cheaply what it holds beyond what was asked of it: as in a
        # Redis without jemalloc, active and resident are what the operating system counts.
        f"allocator_allocated:{memory.used}",
        f"allocator_active:{resident}",
        f"allocator_resident:{resident}",
        "allocator_muzzy:0",
    ]
    lines += sized("total_system_memory", machine)
    lines += scripts_lines(figures)
    lines += sized("maxmemory", figures.executor.memory.limit)
    lines += [
        f"maxmemory_policy:{settings.maxmemory_policy}",
        f"cache_mode:{'cache' if figures.executor.eviction.evictor.policy else 'store'}",
        "allocator_frag_ratio:1.00",
        "allocator_frag_bytes:0",
        "allocator_rss_ratio:1.00",
        "allocator_rss_bytes:0",
        "rss_overhead_ratio:1.00",
        "rss_overhead_bytes:0",
        f"mem_fragmentation_ratio:{memory.fragmentation:.2f}",
        f"mem_fragmentation_bytes:{resident - memory.used}",
        # what was deleted but is not freed yet makes no other key go
        f"mem_not_counted_for_evict:{memory.used - figures.executor.binding_memory()}",
        f"mem_replication_backlog:{memory.kind(BACKLOG)}",
        f"mem_total_replication_buffers:{memory.kind(BACKLOG) + memory.kind(REPLICAS)}",
        f"mem_replicas_repl_buffer:{memory.kind(REPLICAS)}",
        f"mem_clients_slaves:{memory.kind(REPLICAS)}",
        f"mem_clients_normal:{memory.of_clients}",
        f"mem_tracking:{memory.tracking}",
        f"mem_eviction_policy:{memory.kind(POLICY)}",
        "mem_cluster_links:0",
        "mem_aof_buffer:0",
        "mem_allocator:libc",
        "mem_overhead_db_hashtable_rehashing:0",  # tables grow by segments, never as a whole
        "active_defrag_running:0",
        f"lazyfree_pending_objects:{pending}",
        f"lazyfreed_objects:{keyspace.freed_lazily}",
    ]
    return lines


def sized(name: str, size: int) -> list[str]:
    """A size as a number and for people."""
    return [f"{name}:{size}", f"{name}_human:{human_size(size)}"]


def scripts_lines(figures: Figures) -> list[str]:
    """The interpreters and what they hold; nothing of it is there before the first script."""
    scripting = figures.executor.scripting
    eval_vm = eval_texts = cached = function_vm = function_texts = functions = libraries = 0
    if isinstance(scripting, Scripting):
        eval_vm = scripting.scripts.vm.used
        eval_texts = scripting.scripts.text_bytes
        cached = len(scripting.scripts.known)
        loaded = scripting.loaded
        if loaded is not None:
            function_vm = loaded.vm.used
            function_texts = loaded.memory()
            functions = len(loaded.functions)
            libraries = len(loaded.by_name)
    lines = sized("used_memory_lua", eval_vm)
    lines += [
        f"used_memory_vm_eval:{eval_vm}",
        f"used_memory_scripts_eval:{eval_texts}",
        f"number_of_cached_scripts:{cached}",
        f"number_of_functions:{functions}",
        f"number_of_libraries:{libraries}",
        f"used_memory_vm_functions:{function_vm}",
    ]
    lines += sized("used_memory_vm_total", eval_vm + function_vm)
    lines += [f"used_memory_functions:{function_texts}"]
    lines += sized("used_memory_scripts", eval_texts + function_texts)
    return lines
