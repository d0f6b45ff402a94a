"""Kernels that Numba compiles from programs of arrays: many operations entry by entry in one pass over memory.

`fused_plan` is a plan with kernels in it; `fusion` says which operations join (`fusible`, `reductions`, `ties`) and
where their entries are, `kernel` puts them into loops, which `nests` writes as text, `loading` compiles and keeps it.
"""
