{#
    The rule of a definition in words, Chinese and English, made from the columns that counting reads, so that text and
    rule cannot differ. `row` is a row of ref_definition's CTE `worded`: a definition and the names of its codes.
#}

{# A small number as a word of a language, a larger one in digits. #}
{% macro number_word(number, words) -%}
    case {{ number }}
    {%- for word in words %}
        when {{ loop.index }} then '{{ word }}'
    {%- endfor %}
        else cast({{ number }} as varchar)
    end
{%- endmacro %}

{% macro number_zh(number) -%}
    {{ number_word(number, ['一', '两', '三', '四', '五', '六', '七', '八', '九', '十']) }}
{%- endmacro %}

{% macro number_en(number) -%}
    {{ number_word(number, ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']) }}
{%- endmacro %}

{# The duration in words, null where it is none at all; years are months as counting has them. #}
{% macro duration_zh(duration) -%}
    {%- set months, days = '(' ~ duration_months(duration) ~ ')', '(' ~ duration_days(duration) ~ ')' -%}
    case
        when {{ months }} > 0 and {{ months }} % 12 = 0 then {{ number_zh(months ~ ' // 12') }} || '年'
        when {{ months }} > 0 then {{ number_zh(months) }} || '个月'
        when {{ days }} > 0 then {{ number_zh(days) }} || '日'
    end
{%- endmacro %}

{% macro duration_en(duration) -%}
    {%- set months, days = '(' ~ duration_months(duration) ~ ')', '(' ~ duration_days(duration) ~ ')' -%}
    case
        when {{ months }} = 12 then 'one year'
        when {{ months }} > 0 and {{ months }} % 12 = 0 then {{ number_en(months ~ ' // 12') }} || ' years'
        when {{ months }} = 1 then 'one calendar month'
        when {{ months }} > 0 then {{ number_en(months) }} || ' calendar months'
        when {{ days }} = 1 then 'one day'
        when {{ days }} > 0 then {{ number_en(days) }} || ' days'
    end
{%- endmacro %}

{# Pieces that have nothing to say are null; the others follow each other. #}
{% macro joined(separator, pieces) -%}
    concat_ws('{{ separator }}'{% for piece in pieces %}, {{ piece }}{% endfor %})
{%- endmacro %}

{% macro definition_text_zh(row) -%}
    {%- set boundary -%}
        case {{ row }}.boundary_level
            when 'none' then '居住地不在户口登记地'
            when 'village' then '居住地与户口登记地不在同一村（居）'
            when 'township' then '居住地与户口登记地不在同一乡镇（街道）'
            when 'county' then '居住地与户口登记地不在同一县（市、区）'
            when 'city' then '居住地与户口登记地不在同一地级市（地区、州、盟）'
            when 'province' then '居住地与户口登记地不在同一省（自治区、直辖市）'
        end
        || case {{ row }}.within_boundary
            when 'province' then '而在同一省（自治区、直辖市）内'
            when 'city_districts' then '而均在同一城市的市辖区内'
            else ''
        end
    {%- endset -%}
    {%- set duration = duration_zh(row ~ '.min_duration') -%}
    {%- set time -%}
        case {{ row }}.clock
            when 'left_hukou' then coalesce('离开户口登记地满' || {{ duration }}, '离开户口登记地时间不限')
            when 'arrived' then coalesce('在居住地居住满' || {{ duration }}, '在居住地居住时间不限')
            when 'registered' then coalesce('自登记之日起满' || {{ duration }}, '已登记，登记时间不限')
        end
    {%- endset -%}
    {%- set age -%}
        case
            when {{ row }}.age_min is not null and {{ row }}.age_max is not null
                then '年满' || {{ row }}.age_min || '周岁、不满' || ({{ row }}.age_max + 1) || '周岁'
            when {{ row }}.age_min is not null then '年满' || {{ row }}.age_min || '周岁'
            when {{ row }}.age_max is not null then '不满' || ({{ row }}.age_max + 1) || '周岁'
        end
    {%- endset -%}
    {{ joined('，', [
        boundary,
        time,
        age,
        "case " ~ row ~ ".sex when '1' then '男性' when '2' then '女性' end",
        "case " ~ row ~ ".hukou_nature when 'rural' then '农业户口' when 'urban' then '非农业户口' end",
        "case " ~ row ~ ".dest_area when 'urban' then '居住地为城镇' end",
        "'流动原因为' || " ~ row ~ ".reasons_zh",
        "'流动原因不属于' || " ~ row ~ ".not_reasons_zh",
        "'在居住地办有或享有' || " ~ row ~ ".service_zh",
    ]) }}
    || case
        when {{ row }}.within_boundary = 'city_districts' then ''
        when {{ row }}.excludes_intra_city then '；不含市辖区内人户分离'
        when {{ row }}.excludes_intra_city is null then '；市辖区内人户分离是否计入说法不一，记为不明'
        when {{ row }}.boundary_level in ('city', 'province') then ''
        else '；含市辖区内人户分离'
    end
    || '。'
    || case {{ row }}.direction
        when 'in' then '在居住地统计'
        when 'out' then '在户口登记地统计'
        when 'both' then '在居住地和户口登记地均统计'
        when 'resident' then '常住人口为户籍人口减去符合上述条件的外出人口、加上符合上述条件的流入人口'
    end
    || case {{ row }}.stock_or_flow when 'flow' then '，计当期流入与流出，单位为' else '，单位为' end
    || case {{ row }}.unit
        when 'person' then '人'
        when 'registration' then '登记人次'
        when 'permit' then '证件'
        when 'student' then '学生'
        when 'household' then '户'
    end
    || '。'
{%- endmacro %}

{% macro definition_text_en(row) -%}
    {%- set boundary -%}
        case {{ row }}.boundary_level
            when 'none' then 'Persons living away from the place of their hukou'
            when 'city' then 'Persons living in another prefecture-level city than that of their hukou'
            else 'Persons living in another ' || {{ row }}.boundary_level || ' than that of their hukou'
        end
        || case {{ row }}.within_boundary
            when 'province' then ' but in the same province'
            when 'city_districts' then ', both places lying in districts of one city'
            else ''
        end
    {%- endset -%}
    {%- set duration = duration_en(row ~ '.min_duration') -%}
    {%- set time -%}
        case {{ row }}.clock
            when 'left_hukou' then 'away from the hukou place for '
            when 'arrived' then 'living at the destination for '
            when 'registered' then 'registered for '
        end
        || coalesce('at least ' || {{ duration }}, 'any time')
    {%- endset -%}
    {%- set age -%}
        case
            when {{ row }}.age_min is not null and {{ row }}.age_max is not null
                then 'aged ' || {{ row }}.age_min || ' to ' || {{ row }}.age_max
            when {{ row }}.age_min is not null then 'aged ' || {{ row }}.age_min || ' or older'
            when {{ row }}.age_max is not null then 'aged ' || {{ row }}.age_max || ' or younger'
        end
    {%- endset -%}
    {{ joined(', ', [
        boundary,
        time,
        age,
        "case " ~ row ~ ".sex when '1' then 'male' when '2' then 'female' end",
        "'with a hukou that is ' || " ~ row ~ ".hukou_nature",
        "'the destination being ' || " ~ row ~ ".dest_area",
        "'who moved for one of these reasons (' || " ~ row ~ ".reasons_en || ')'",
        "'who moved for none of these reasons (' || " ~ row ~ ".not_reasons_en || ')'",
        "'having there: ' || " ~ row ~ ".service_en",
    ]) }}
    || case
        when {{ row }}.within_boundary = 'city_districts' then ''
        when {{ row }}.excludes_intra_city then '; moves between districts of one city do not count'
        when {{ row }}.excludes_intra_city is null
            then '; sources differ on moves between districts of one city, which are unknown'
        when {{ row }}.boundary_level in ('city', 'province') then ''
        else '; moves between districts of one city count'
    end
    || '. '
    || case {{ row }}.direction
        when 'in' then 'Counted where people live'
        when 'out' then 'Counted where their hukou is'
        when 'both' then 'Counted where people live and where their hukou is'
        when 'resident' then 'Residents are the registered population less those away by this rule, plus those here by it'
    end
    || case {{ row }}.stock_or_flow when 'flow' then ', as arrivals and departures in a period' else '' end
    || '; unit: ' || {{ row }}.unit || '.'
{%- endmacro %}
