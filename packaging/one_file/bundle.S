/* The bundle as read-only data. Its pages are read from the file only when it is unpacked. */
    .section .rodata
    .global cq_bundle_begin, cq_bundle_end
    .balign 8
cq_bundle_begin:
    .incbin CQ_BUNDLE
cq_bundle_end:
    .section .note.GNU-stack, "", %progbits
