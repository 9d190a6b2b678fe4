# What must be built before what. Run by build, in its work directory.
libraries := openssl nghttp2 cares curl libevent jansson protobuf-c llhttp libdeflate mimalloc

finish: $(libraries)
	+bash $(RECIPES) $@

$(libraries): musl
curl: openssl nghttp2 cares

musl $(libraries):
	+bash $(RECIPES) $@

.PHONY: finish musl $(libraries)
