/* The operands of one wgmma instruction in inline assembly, which knows them by number: for sums of 16 G columns, 8 G registers of a
 * thread (TESSERA_LIST_G in the text, TESSERA_SUMS_G(d) as operands), then both descriptors and whether it adds. */
#ifndef TESSERA_OPERANDS_CUH
#define TESSERA_OPERANDS_CUH

#define TESSERA_LIST_1 "%0, %1, %2, %3, %4, %5, %6, %7"
#define TESSERA_LIST_2 TESSERA_LIST_1 ", " "%8, %9, %10, %11, %12, %13, %14, %15"
#define TESSERA_LIST_3 TESSERA_LIST_2 ", " "%16, %17, %18, %19, %20, %21, %22, %23"
#define TESSERA_LIST_4 TESSERA_LIST_3 ", " "%24, %25, %26, %27, %28, %29, %30, %31"
#define TESSERA_LIST_5 TESSERA_LIST_4 ", " "%32, %33, %34, %35, %36, %37, %38, %39"
#define TESSERA_LIST_6 TESSERA_LIST_5 ", " "%40, %41, %42, %43, %44, %45, %46, %47"
#define TESSERA_LIST_7 TESSERA_LIST_6 ", " "%48, %49, %50, %51, %52, %53, %54, %55"
#define TESSERA_LIST_8 TESSERA_LIST_7 ", " "%56, %57, %58, %59, %60, %61, %62, %63"
#define TESSERA_LIST_9 TESSERA_LIST_8 ", " "%64, %65, %66, %67, %68, %69, %70, %71"
#define TESSERA_LIST_10 TESSERA_LIST_9 ", " "%72, %73, %74, %75, %76, %77, %78, %79"
#define TESSERA_LIST_11 TESSERA_LIST_10 ", " "%80, %81, %82, %83, %84, %85, %86, %87"
#define TESSERA_LIST_12 TESSERA_LIST_11 ", " "%88, %89, %90, %91, %92, %93, %94, %95"
#define TESSERA_LIST_13 TESSERA_LIST_12 ", " "%96, %97, %98, %99, %100, %101, %102, %103"
#define TESSERA_LIST_14 TESSERA_LIST_13 ", " "%104, %105, %106, %107, %108, %109, %110, %111"
#define TESSERA_LIST_15 TESSERA_LIST_14 ", " "%112, %113, %114, %115, %116, %117, %118, %119"
#define TESSERA_LIST_16 TESSERA_LIST_15 ", " "%120, %121, %122, %123, %124, %125, %126, %127"
#define TESSERA_EIGHT(d, i) \
  "+f"((d)[i]), "+f"((d)[i + 1]), "+f"((d)[i + 2]), "+f"((d)[i + 3]), "+f"((d)[i + 4]), "+f"((d)[i + 5]), "+f"((d)[i + 6]), "+f"((d)[i + 7])
#define TESSERA_SUMS_1(d) TESSERA_EIGHT(d, 0)
#define TESSERA_SUMS_2(d) TESSERA_SUMS_1(d), TESSERA_EIGHT(d, 8)
#define TESSERA_SUMS_3(d) TESSERA_SUMS_2(d), TESSERA_EIGHT(d, 16)
#define TESSERA_SUMS_4(d) TESSERA_SUMS_3(d), TESSERA_EIGHT(d, 24)
#define TESSERA_SUMS_5(d) TESSERA_SUMS_4(d), TESSERA_EIGHT(d, 32)
#define TESSERA_SUMS_6(d) TESSERA_SUMS_5(d), TESSERA_EIGHT(d, 40)
#define TESSERA_SUMS_7(d) TESSERA_SUMS_6(d), TESSERA_EIGHT(d, 48)
#define TESSERA_SUMS_8(d) TESSERA_SUMS_7(d), TESSERA_EIGHT(d, 56)
#define TESSERA_SUMS_9(d) TESSERA_SUMS_8(d), TESSERA_EIGHT(d, 64)
#define TESSERA_SUMS_10(d) TESSERA_SUMS_9(d), TESSERA_EIGHT(d, 72)
#define TESSERA_SUMS_11(d) TESSERA_SUMS_10(d), TESSERA_EIGHT(d, 80)
#define TESSERA_SUMS_12(d) TESSERA_SUMS_11(d), TESSERA_EIGHT(d, 88)
#define TESSERA_SUMS_13(d) TESSERA_SUMS_12(d), TESSERA_EIGHT(d, 96)
#define TESSERA_SUMS_14(d) TESSERA_SUMS_13(d), TESSERA_EIGHT(d, 104)
#define TESSERA_SUMS_15(d) TESSERA_SUMS_14(d), TESSERA_EIGHT(d, 112)
#define TESSERA_SUMS_16(d) TESSERA_SUMS_15(d), TESSERA_EIGHT(d, 120)
#define TESSERA_FIRST_1 "%8"
#define TESSERA_SECOND_1 "%9"
#define TESSERA_ADDS_1 "%10"
#define TESSERA_FIRST_2 "%16"
#define TESSERA_SECOND_2 "%17"
#define TESSERA_ADDS_2 "%18"
#define TESSERA_FIRST_3 "%24"
#define TESSERA_SECOND_3 "%25"
#define TESSERA_ADDS_3 "%26"
#define TESSERA_FIRST_4 "%32"
#define TESSERA_SECOND_4 "%33"
#define TESSERA_ADDS_4 "%34"
#define TESSERA_FIRST_5 "%40"
#define TESSERA_SECOND_5 "%41"
#define TESSERA_ADDS_5 "%42"
#define TESSERA_FIRST_6 "%48"
#define TESSERA_SECOND_6 "%49"
#define TESSERA_ADDS_6 "%50"
#define TESSERA_FIRST_7 "%56"
#define TESSERA_SECOND_7 "%57"
#define TESSERA_ADDS_7 "%58"
#define TESSERA_FIRST_8 "%64"
#define TESSERA_SECOND_8 "%65"
#define TESSERA_ADDS_8 "%66"
#define TESSERA_FIRST_9 "%72"
#define TESSERA_SECOND_9 "%73"
#define TESSERA_ADDS_9 "%74"
#define TESSERA_FIRST_10 "%80"
#define TESSERA_SECOND_10 "%81"
#define TESSERA_ADDS_10 "%82"
#define TESSERA_FIRST_11 "%88"
#define TESSERA_SECOND_11 "%89"
#define TESSERA_ADDS_11 "%90"
#define TESSERA_FIRST_12 "%96"
#define TESSERA_SECOND_12 "%97"
#define TESSERA_ADDS_12 "%98"
#define TESSERA_FIRST_13 "%104"
#define TESSERA_SECOND_13 "%105"
#define TESSERA_ADDS_13 "%106"
#define TESSERA_FIRST_14 "%112"
#define TESSERA_SECOND_14 "%113"
#define TESSERA_ADDS_14 "%114"
#define TESSERA_FIRST_15 "%120"
#define TESSERA_SECOND_15 "%121"
#define TESSERA_ADDS_15 "%122"
#define TESSERA_FIRST_16 "%128"
#define TESSERA_SECOND_16 "%129"
#define TESSERA_ADDS_16 "%130"

#endif
